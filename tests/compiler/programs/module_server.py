#!/usr/bin/env python3
# -*- coding: utf-8 -*-
'use server'
"""Orders."""

import asyncio
from os.path import *

__all__ = ['place', '_also']

größe = 3


async def place(sku: str, *rest, count: int = größe, **options):
    """Place."""
    return sku, rest, count, options, _private(1)


async def _also():
    return await place('x')


def _private(n):
    return n + 1


def unlisted():
    return join('a', 'b')


print(asyncio.run(place('ü', 1, count=2, z=3)), asyncio.run(_also()), unlisted())
