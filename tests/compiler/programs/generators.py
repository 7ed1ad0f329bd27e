"""Generators with directives: send, throw, close, return values, delegation."""


def squares(n):
    'use cache'
    try:
        for i in range(n):
            got = yield i * i
            if got:
                print('got', got)
    except KeyError as error:
        print('thrown', error)
        yield 'recovered'
    finally:
        print('closed')
    return 'done'


def delegating(n):
    'use cache'
    result = yield from squares(n)
    print('result', result)


print(list(squares(4)))
print(list(delegating(2)))
generator = squares(9)
print(next(generator), generator.send('x'), generator.throw(KeyError('k')))
generator.close()
print([value for value in squares(1) if log(value) is not None])
