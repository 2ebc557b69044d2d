"""The HTTP client of tests. Starlette warns that it would rather have another client library than the one we pin; that
warning is about its future, not about our code, and would fail every test under `filterwarnings = error`.
"""

import warnings

from starlette.exceptions import StarletteDeprecationWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from fastapi.testclient import TestClient
    from starlette.testclient import WebSocketDenialResponse

__all__ = ["TestClient", "WebSocketDenialResponse"]
