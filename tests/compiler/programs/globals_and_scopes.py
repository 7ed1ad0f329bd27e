"""Global functions, shadowed builtins, deleted names, definitions in every kind of block."""
import asyncio

counter = 0


def make():
    global made, counter

    async def made(x=log('default')):
        'use server'
        global counter
        counter += 1
        return x, counter
    return made


def len(values):
    'use cache'
    return 'my len'


for index in range(2):
    def in_loop(value=index):
        'use cache'
        return value, index
    print(in_loop())

try:
    def tried():
        'use cache'
        return 'tried'
    raise ValueError
except ValueError:
    def handled():
        'use cache'
        return 'handled'
finally:
    def finished():
        'use cache'
        return tried() + handled()

if False:
    def never():
        'use cache'

make()
print(asyncio.run(made()), asyncio.run(made(1)), len([1]), finished())
del len
print(len([1]))
try:
    never
except NameError as error:
    print(error)
print(sorted(name for name in globals() if not name.startswith('__')))
