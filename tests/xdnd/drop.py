#!/usr/bin/env python3
"""Drops a file on a window as a file manager does: a minimal XDND 5 source.

    pip install python-xlib
    Xvfb :77 -screen 0 1400x900x24 & DISPLAY=:77 heapglass & sleep 3
    DISPLAY=:77 python3 tests/xdnd/drop.py Heapglass /path/to/shop.dmp

Finds the window by a part of its title, hovers over its middle, lets the file go, and prints what the window
answered. Exit code 0: the window took the drop and read the file's name.
"""

import pathlib
import sys
import time

from Xlib import X, Xatom, display
from Xlib.protocol import event


def find(window, title):
    name = window.get_wm_name() or ""
    if title in name:
        return window
    return next(filter(None, (find(child, title) for child in window.query_tree().children)), None)


class Source:
    def __init__(self, title, path):
        self.display = display.Display()
        self.screen = self.display.screen()
        self.target = find(self.screen.root, title) or sys.exit(f"no window named {title}")
        self.window = self.screen.root.create_window(0, 0, 1, 1, 0, self.screen.root_depth)
        self.uris = pathlib.Path(path).resolve().as_uri().encode() + b"\r\n"
        self.asked = self.finished = self.accepted = False

    def atom(self, name):
        return self.display.intern_atom(name)

    def send(self, kind, *data):
        data = [self.window.id, *data, 0, 0, 0, 0][:5]
        message = event.ClientMessage(window=self.target, client_type=self.atom(kind), data=(32, data))
        self.target.send_event(message)
        self.display.flush()

    def answer(self, seconds, done):
        """Serves the window's questions until `done` or the time is up."""
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end:
            if not self.display.pending_events():
                time.sleep(0.01)
                continue
            message = self.display.next_event()
            if message.type == X.SelectionRequest:
                self.asked = True
                message.requestor.change_property(message.property, message.target, 8, self.uris)
                notify = event.SelectionNotify(
                    time=message.time,
                    requestor=message.requestor,
                    selection=message.selection,
                    target=message.target,
                    property=message.property,
                )
                message.requestor.send_event(notify)
                self.display.flush()
            elif message.type == X.ClientMessage and message.client_type == self.atom("XdndStatus"):
                self.accepted = bool(message.data[1][1] & 1)
            elif message.type == X.ClientMessage and message.client_type == self.atom("XdndFinished"):
                self.finished = True

    def drop(self):
        self.window.set_selection_owner(self.atom("XdndSelection"), X.CurrentTime)
        uri_list = self.atom("text/uri-list")
        self.window.change_property(self.atom("XdndTypeList"), Xatom.ATOM, 32, [uri_list])
        size = self.target.get_geometry()
        middle = self.target.translate_coords(self.screen.root, 0, 0)
        at = (abs(middle.x) + size.width // 2) << 16 | (abs(middle.y) + size.height // 2)
        self.send("XdndEnter", 5 << 24, uri_list)
        self.send("XdndPosition", 0, at, X.CurrentTime, self.atom("XdndActionCopy"))
        self.answer(2, lambda: self.accepted)
        self.send("XdndDrop", 0, X.CurrentTime)
        self.answer(3, lambda: self.finished)
        print(f"accepted {self.accepted}, name read {self.asked}, finished {self.finished}")
        return 0 if self.asked and self.finished else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(Source(*sys.argv[1:]).drop())
