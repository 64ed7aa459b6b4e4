"""The page's own files: read once, named by the hash of them all, so they can be kept for ever.

Knows no template. Modules import each other by relative names, which stay inside one version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import NotFound

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Assets:
    """File contents by name, and the version that is part of their URL."""

    home: str
    version: str
    files: Mapping[str, bytes]

    def url(self, name: str) -> str:
        """Return where a file is; one that does not exist is a bug of a template."""
        if name not in self.files:
            raise LookupError(name)
        return f"{self.home}/static/{self.version}/{name}"


def load_assets(folder: Path = _FOLDER, home: str = "/inbox") -> Assets:
    """Read every file of a folder, to be served under the path `home`."""
    found = sorted(path for path in folder.iterdir() if path.suffix in _TYPES)
    files = {path.name: path.read_bytes() for path in found}
    digest = sha256()
    for name, content in files.items():
        digest.update(name.encode() + b"\0" + content)
    return Assets(home, digest.hexdigest()[:12], files)


def assets_route(assets: Assets) -> Route:
    """Make the route that serves them; an old version in a URL gets the present file, unkept."""

    async def serve(request: Request) -> Response:
        name: str = request.path_params["name"]
        content = assets.files.get(name)
        if content is None:
            raise NotFound("there is no such file")
        is_current = request.path_params["version"] == assets.version
        tag = f'"{assets.version}"'
        headers = {
            "Cache-Control": _FOR_EVER if is_current else "no-cache",
            "ETag": tag,
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        media_type = _TYPES[name[name.rindex(".") :]]
        return Response(content, headers={**headers, "Content-Type": media_type})

    path = f"{assets.home}/static/{{version}}/{{name}}"
    return Route(path, serve, methods=["GET"], name="page_asset")
