"""Lets the page ask the host that it came from, whatever a proxy has made of that host's name."""

import functools

from gradio import route_utils

# A browser makes the page's host of it. "" would become the whole address of the page, with its query.
HERE = "/."
PAGE = "/"


def use_host_of_page() -> None:
    """Make Gradio write a path for its root into the page, where it would write the host of the request's header.

    Gradio 6.31's page asks the host in its config unless the name is that of the address bar, which it isn't behind a
    proxy that passes no `Host` on. Clients other than the page still get a whole address.
    """
    original = route_utils.get_root_url
    if getattr(original, "writes_path", False):
        return

    @functools.wraps(original)
    def get_root_url(request, route_path, root_path):
        if route_path == PAGE:
            return root_path or HERE
        return original(request=request, route_path=route_path, root_path=root_path)

    get_root_url.writes_path = True
    route_utils.get_root_url = get_root_url
