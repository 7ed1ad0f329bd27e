"""except* around functions with directives, and groups raised by them."""
import asyncio


async def fail(kind):
    'use server'
    raise kind('failed')


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail(ValueError))
            group.create_task(fail(TypeError))
    except* ValueError as errors:
        def caught():
            'use cache'
            return [str(error) for error in errors.exceptions]
        print(caught())
    except* TypeError as errors:
        print('types', len(errors.exceptions))


asyncio.run(main())
