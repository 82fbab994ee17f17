"""How devices are called, by what their browsers say of themselves."""

import pytest

from shared_base.web.people.names import device

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME, "Chrome · Windows"),
        (f"{CHROME} Edg/140.0", "Edge · Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605",
            "Safari · macOS",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0",
            "WeChat · iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15; HarmonyOS; NOH) Chrome/130 Mobile Safari/537", "Chrome · HarmonyOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("", "Unknown device"),
        ("curl/8.0", "Unknown device"),
    ],
)
def test_a_browser_is_called_as_its_owner_would(agent: str, name: str) -> None:
    assert device(agent) == name
