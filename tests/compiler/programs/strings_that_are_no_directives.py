"""Texts about 'use server' that are ordinary values stay what they are."""


def f(mode='use server'):
    'use cache'
    text = 'use client'
    print('use cache', mode, text, f'use {mode}', b'use server')
    return 'use cache: remote' 'x'


def only_directive():
    'use cache'


def directive_and_docstring():
    'use cache'
    "A docstring."


print(f(), only_directive(), directive_and_docstring())
