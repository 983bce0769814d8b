"""A TCP proxy on loopback that passes bytes on until, at a chosen one, something goes wrong."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LOOPBACK = "127.0.0.1"
DELAY_S = 0.3
PIECE_BYTES = 4096
RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, zero seconds

FAULTS = ("drop", "reset", "stall", "flip", "delay")


class FaultProxy:
    """Counts what the server sends; at byte `at` it drops, resets or stalls the connection, flips a bit, or delays."""

    def __init__(self, server_port: int, *, fault: str, at: int, spoiled: int) -> None:
        self._server_port = server_port
        self._fault = fault
        self._at = at
        self._spoiled = spoiled
        self._sockets: list[socket.socket] = []
        self._closed = threading.Event()
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Every connection is gone, and every thread ends."""
        self._closed.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._sockets:
            sock.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._closed.is_set():
                client = self._listener.accept()[0]
                self.connections += 1
                is_spoiled = self.connections <= self._spoiled
                server = socket.create_connection((LOOPBACK, self._server_port))
                self._sockets += [client, server]
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pass_back, args=(server, client, is_spoiled), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while piece := client.recv(PIECE_BYTES):
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)

    def _pass_back(self, server: socket.socket, client: socket.socket, is_spoiled: bool) -> None:  # noqa: FBT001 - a thread's arguments have no names
        passed = 0
        with suppress(OSError):
            while True:
                if passed == self._at and is_spoiled:
                    self._go_wrong(server, client)
                before_fault = self._at - passed
                piece = server.recv(min(PIECE_BYTES, before_fault) if before_fault > 0 else PIECE_BYTES)
                if not piece:
                    break
                client.sendall(piece)
                passed += len(piece)
            client.shutdown(socket.SHUT_WR)

    def _go_wrong(self, server: socket.socket, client: socket.socket) -> None:
        if self._fault == "delay":
            time.sleep(DELAY_S)
        elif self._fault == "flip":
            byte = server.recv(1)
            client.sendall(bytes([byte[0] ^ 1]))
        elif self._fault == "stall":
            self._closed.wait()
        elif self._fault == "drop":
            client.shutdown(socket.SHUT_RDWR)
        else:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            client.shutdown(socket.SHUT_RD)  # wakes the thread that reads from it, which would keep it open
            client.close()


@contextmanager
def faulty(server_port: int, *, fault: str, at: int, spoiled: int = 1_000) -> Iterator[FaultProxy]:
    """A proxy in front of that port, gone at the end; connections after the first `spoiled` ones are sound."""
    proxy = FaultProxy(server_port, fault=fault, at=at, spoiled=spoiled)
    try:
        yield proxy
    finally:
        proxy.close()
