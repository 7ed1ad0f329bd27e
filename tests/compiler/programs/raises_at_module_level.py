"""An uncaught error of the module itself, behind a function with a directive."""


def fine():
    'use cache'
    return 1


print(fine())
value = (
    1 +
    fine() / 0
)
