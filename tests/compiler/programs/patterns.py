"""match statements with functions in their cases."""


class Point:
    __match_args__ = ('x', 'y')

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return f'Point({self.x}, {self.y})'


def handle(command):
    'use cache'
    match log(command):
        case Point(x, y) if log(x) > 0:
            def point_():
                'use cache'
                return 'point', x, y
        case {'k': [first, *_], **others}:
            def mapping_():
                'use cache'
                return 'mapping', first, others
        case str() | bytes() as text:
            def text_():
                'use cache: remote'
                return 'text', text
        case _:
            return 'nothing'
    return point_() if 'x' in locals() else mapping_() if 'first' in locals() else text_()


print(handle(Point(1, 2)), handle(Point(0, 2)), handle({'k': [1, 2], 'z': 3}), handle('s'), handle(b's'))
