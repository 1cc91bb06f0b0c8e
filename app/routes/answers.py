"""Classification by the champion."""

from fastapi import APIRouter

router = APIRouter()
