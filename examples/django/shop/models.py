"""What is in the database."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Tea(models.Model):
    name = models.CharField(max_length=50)
    left = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    tea = models.ForeignKey(Tea, models.CASCADE)
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    quantity = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.quantity} {self.tea}"
