"use server"

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import alogout
from django.db.models import F
from django.shortcuts import aget_object_or_404

from directives.access import public
from directives.access import requires
from directives.cache import update_tag
from directives.errors import ExpectedError
from directives.integrations.django import request
from directives.integrations.django import signed_in
from directives.request import redirect

from .models import Order as _Order
from .models import Tea as _Tea


class SoldOut(ExpectedError, status=409):
    left: int


@requires(signed_in)
async def place_order(tea: int, quantity: int = 1) -> int:
    customer = await request().auser()
    await _Order.objects.acreate(tea_id=tea, customer=customer, quantity=quantity)
    found = await aget_object_or_404(_Tea, pk=tea)
    if found.left < quantity:
        # The order is gone with its transaction.
        raise SoldOut(left=found.left)
    await _Tea.objects.filter(pk=tea).aupdate(left=F("left") - quantity)
    update_tag("teas")
    messages.success(request(), f"{quantity} {found.name}: thank you!")
    return found.left - quantity


@public
async def sign_out(form) -> None:
    await alogout(request())
    redirect("/")


__all__ = ["place_order", "sign_out"]
