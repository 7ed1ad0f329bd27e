"""Every line keeps its number."""
import inspect
import sys
import warnings


def here():
    return sys._getframe(1).f_lineno


def multi(
    a=1,
):
    'use cache'
    return (
        here(),
        here()
    )


def one_line(): 'use cache'; return here()


@(
    lambda function:
    function
)
def decorated():
    'use cache'

    return here()


def outer():
    async def inner():
        'use server'
        return here()
    return inner


print(here(), multi(), one_line(), decorated())
print([function.__code__.co_firstlineno for function in (multi, one_line, decorated, outer, outer())])
print(list(multi.__code__.co_lines())[-1][2], inspect.getsourcelines(sys.modules[here.__module__].here)[1]
      if hasattr(sys.modules[here.__module__], '__file__') else 'no file')
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    warnings.warn('where', stacklevel=1)
print(caught[0].lineno)
