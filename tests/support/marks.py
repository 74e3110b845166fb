"""Mark tests that need a program which a machine may lack."""

import pytest

from tests.support.chromium import CHROMIUM
from tests.support.nginx import NGINX

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: install Debian's package of that name")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="no nginx: install Debian's nginx-light")
