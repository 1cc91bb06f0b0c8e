"""The paths of documents 0 and 1, with their own shapes, over the same domain functions."""

from fastapi import APIRouter

router = APIRouter()
