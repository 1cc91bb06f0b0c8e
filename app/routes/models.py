"""Versions: scores, comparison, promotion by hand, export and import."""

from fastapi import APIRouter

router = APIRouter()
