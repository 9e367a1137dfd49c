"""A model server: the folders of its sites, its PHP-FPM masters, and whether it can be reached."""

from dataclasses import dataclass, field

from . import php
from .server import Folder

WORKERS = 2
FIRST_MASTER = 10**6
"""Its process number: no worker has one like it."""


@dataclass
class Machine:
    """`is_down`: nobody reaches it over the network; what runs there runs on."""

    name: str
    folders: dict = field(default_factory=dict)  # by root
    masters: dict = field(default_factory=dict)  # by name
    is_down: bool = False

    def add_site(self, root, *, master="", socket="", follows=False):
        """Carry one more site, with a pool of its own in that master; "" for a site without PHP."""
        folder = self.folders.setdefault(root, Folder(root, self.name, masters=self.masters))
        if master:
            service = self.masters.setdefault(master, php.Master(master))
            first = 100 * (1 + sum(len(one.pools) for one in self.masters.values()))
            workers = [php.Worker(first + number, 1) for number in range(WORKERS)]
            service.pools.append(php.Pool(socket, folder, follows, workers))
        return folder

    def pool_at(self, socket):
        return next((master, pool) for master in self.masters.values() for pool in master.pools
                    if pool.name == socket)

    def pool_of(self, root):
        pools = [pool for master in self.masters.values() for pool in master.pools
                 if pool.folder.root == root]
        return pools[0] if pools else php.Pool("", self.folders[root], True, [php.Worker(1, 1)])

    def master_of(self, pid):
        """What fpm.sh says of this master, or of that of this worker."""
        number, master = next(
            (number, master) for number, master in enumerate(self.masters.values(), FIRST_MASTER)
            if pid == str(number) or any(
                str(worker.pid) == pid for pool in master.pools for worker in pool.workers))
        return {"master": str(number), "config": "/etc/php/fpm.conf", "epoch": "1000",
                "read": "0 /etc/php/fpm.conf", "timeout": "0 /etc/php/fpm.conf 10s",
                "worker": [f"{worker.pid} {worker.start_time} {pool.name}"
                           for pool in master.pools for worker in pool.workers]}

    def rights(self, *commands):
        """What rights.sh says: all may be run as root."""
        return {"right": [f"1 {command}" for command in commands]}

    def switch_by_hand(self):
        """An administrator points `current` at a release of their own, on every site here."""
        for folder in self.folders.values():
            folder.releases["by-hand"] = "unknown"
            folder.current = "releases/by-hand"
            folder.by_hand.add(folder.current)

    def undo_by_hand(self, link):
        """… and back, when they are told that it is in the way."""
        for folder in self.folders.values():
            if folder.current in folder.by_hand:
                folder.current = link

    def let_visitors_in(self):
        """After everything that happens here, so that what can go stale does."""
        for master in self.masters.values():
            for pool in master.pools:
                pool.visit()
