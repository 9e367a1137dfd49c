"""The ways out of the engine to other machines and to threads: what tests of crashes replace."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..coherence.site import Site
from ..remote.doors import EndpointDoor, FastCgiDoor
from ..remote.ssh import Connection
from .witnesses import witness_of


@dataclass(frozen=True)
class Ports:
    """Each is called as what stands here by default."""

    open_connection: object = Connection.open
    site: object = Site
    endpoint_door: object = EndpointDoor
    fastcgi_door: object = FastCgiDoor
    threads: object = ThreadPoolExecutor
    witness: object = witness_of


REAL = Ports()
