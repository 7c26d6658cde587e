"""Views in the browser: plain data for our own JavaScript, which draws SVG in milliseconds; nothing from a network."""

from figures.web.bundle import script as script
from figures.web.page import animate_html as animate_html
from figures.web.page import film as film
from figures.web.page import json_inside as json_inside
from figures.web.page import view_html as view_html
from figures.web.payload import payload as payload
