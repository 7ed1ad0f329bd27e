"""A default value that fails."""


@log
def f(
    a=log(1),
    b=1 // 0,
):
    'use cache'
    return a, b
