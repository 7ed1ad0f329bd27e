"""Odd layout."""
import asyncio
def one(): 'use cache'; return 1
def two(x=log(2)): 'use cache'; y = x; return y
async def three(): "use server"; return 3
class Four:
	def four(self): '''use cache'''; return 4
	def five(self):
		"""use cache"""
		if self: return 5; return 6
def six(): \
	'use cache'; \
	return 6
if True: print(one(), two()); print(asyncio.run(three()), Four().four(), Four().five(), six())
