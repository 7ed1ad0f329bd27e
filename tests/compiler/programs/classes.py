"""Methods of every kind, inheritance, super(), properties, class-private names."""
import asyncio


class Base:
    def __init_subclass__(cls, **kwargs):
        print('subclass', cls.__name__, kwargs)

    def name(self):
        return 'base'

    @property
    def size(self):
        return 1


class Shop(Base, option=log(1)):
    __private = 'hidden'

    def name(self):
        'use cache'
        return super().name() + self.__private + __class__.__name__

    @property
    def size(self):
        'use cache'
        return super().size + 1

    @classmethod
    def make(cls, *args):
        'use cache'
        return cls.__name__, args

    @staticmethod
    def plain(x):
        'use cache: remote'
        return x

    @staticmethod
    async def order(sku, *, count=log(3)):
        'use server'
        return sku, count

    def nested(self):
        __mangled = 'm'

        async def __inner():
            'use server'
            return __mangled, self.__private
        return __inner

    class Inner:
        def deep(self):
            'use cache'
            return type(self).__qualname__


shop = Shop()
print(shop.name(), shop.size, Shop.make(1), shop.plain(2))
print(asyncio.run(Shop.order('a')), asyncio.run(shop.order('b', count=1)))
print(asyncio.run(shop.nested()()), Shop.Inner().deep())
