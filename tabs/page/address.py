"""Let the page send its requests to the host that it came from, even if a proxy changes the name of that host."""

import functools

from gradio import route_utils

# A browser resolves this path on the page's host. "" would become the whole address of the page, with its query.
HERE = "/."
PAGE = "/"


def use_host_of_page() -> None:
    """Make Gradio write a path as its root into the page, instead of the host of the request's header.

    The page of Gradio 6.31 sends its requests to the host in its config unless the address bar has the same name.
    Behind a proxy that does not forward `Host`, the names differ. Clients other than the page still get a full address.
    """
    original = route_utils.get_root_url
    if hasattr(original, "__wrapped__"):  # already replaced
        return

    @functools.wraps(original)
    def get_root_url(request, route_path, root_path):
        if route_path == PAGE:
            return root_path or HERE
        return original(request=request, route_path=route_path, root_path=root_path)

    route_utils.get_root_url = get_root_url
