"""An error inside nested server functions, with a cause."""
import asyncio


def page(product):
    async def order(quantity):
        'use server'
        try:
            return product[quantity]
        except KeyError as error:
            raise ValueError(
                f'no {quantity}'
            ) from error
    return order


async def main():
    'use server'
    return await page({})(3)


print(asyncio.run(main()))
