//! A file system that keeps, at a loss of power, only what POSIX promises.
//!
//! Written bytes are on disk after a successful sync of the file, names after one of the
//! directory. At a loss of power any part of what is not synced is kept or lost, in pieces of
//! any length; a file may be left longer than what was kept of it. After a failed sync what
//! was not kept is lost although reading still shows it, and no later sync brings it back.

use std::collections::BTreeMap;
use std::io::{self, Error, ErrorKind};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::spool::files::Files;

/// What goes wrong once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The operation fails; a write after a part of it.
    Fails,
    /// Nothing that needs room succeeds until the fault is taken away.
    Full,
    /// The power goes; what was under way is torn.
    PowerLoss,
}

#[derive(Clone, Debug)]
pub(super) struct Model(Arc<Mutex<World>>);

#[derive(Debug)]
struct World {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    random: StdRng,
    fault: Option<(u32, Fault)>,
    is_down: bool,
    is_full: bool,
}

#[derive(Clone, Debug, Default)]
struct Inode {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// What a sync would write.
    dirty: Vec<Range<usize>>,
    is_length_dirty: bool,
}

impl Inode {
    /// Writes some or all of what is dirty to disk. What is not written stays dirty.
    fn persist(&mut self, random: &mut StdRng, all: bool) {
        if self.is_length_dirty {
            let (old, new) = (self.durable.len(), self.bytes.len());
            let length = match random.random_range(0..3) {
                _ if all => new,
                0 => old,
                1 => new,
                _ => random.random_range(old.min(new)..=old.max(new)),
            };
            self.durable.resize(length, 0);
        }
        for range in &self.dirty {
            let mut at = range.start;
            let written = range.end.min(self.bytes.len()).min(self.durable.len());
            while at < written {
                let end = if all { written } else { written.min(at + random.random_range(1..=48)) };
                if all || random.random_bool(0.5) {
                    self.durable[at..end].copy_from_slice(&self.bytes[at..end]);
                }
                at = end;
            }
        }
    }

    fn clean(&mut self) {
        self.dirty.clear();
        self.is_length_dirty = false;
    }
}

impl World {
    /// What goes wrong with the operation that begins now.
    fn fault(&mut self) -> io::Result<Option<Fault>> {
        if self.is_down {
            return Err(Error::other("the power is out"));
        }
        let Some((left, fault)) = self.fault else { return Ok(None) };
        if left > 0 {
            self.fault = Some((left - 1, fault));
            return Ok(None);
        }
        self.fault = None;
        match fault {
            Fault::PowerLoss => self.is_down = true,
            Fault::Full => self.is_full = true,
            Fault::Fails => {}
        }
        Ok(Some(fault))
    }

    /// For an operation of which nothing happens when it fails.
    fn may_fail(&mut self) -> io::Result<()> {
        match self.fault()? {
            Some(Fault::Fails | Fault::PowerLoss) => Err(Error::other("injected")),
            _ => Ok(()),
        }
    }
}

impl Model {
    pub(super) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(World {
            inodes: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            random: StdRng::seed_from_u64(seed),
            fault: None,
            is_down: false,
            is_full: false,
        })))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// After so many more operations.
    pub(super) fn arm(&self, after: u32, fault: Fault) {
        self.world().fault = Some((after, fault));
    }

    pub(super) fn disarm(&self) {
        let mut world = self.world();
        (world.fault, world.is_full) = (None, false);
    }

    pub(super) fn is_down(&self) -> bool {
        self.world().is_down
    }

    /// The power goes and comes back.
    pub(super) fn lose_power(&self) {
        let mut guard = self.world();
        let world = &mut *guard;
        let mut names = world.durable_names.clone();
        let all: Vec<String> = world.names.keys().chain(world.durable_names.keys()).cloned().collect();
        for name in all {
            if world.random.random_bool(0.5) {
                match world.names.get(&name) {
                    Some(inode) => names.insert(name, *inode),
                    None => names.remove(&name),
                };
            }
        }
        for inode in &mut world.inodes {
            inode.persist(&mut world.random, false);
            inode.bytes.clone_from(&inode.durable);
            inode.clean();
        }
        (world.names, world.durable_names) = (names.clone(), names);
        (world.is_down, world.fault, world.is_full) = (false, None, false);
    }

    /// Replaces a file's contents, on disk.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) {
        let mut world = self.world();
        world.inodes.push(Inode { bytes: bytes.to_vec(), durable: bytes.to_vec(), ..Inode::default() });
        let inode = world.inodes.len() - 1;
        world.names.insert(name.to_owned(), inode);
        world.durable_names.insert(name.to_owned(), inode);
    }

    /// Flips a bit of a file, in memory and on disk.
    pub(super) fn flip(&self, name: &str, at: usize, bit: u8) {
        let mut world = self.world();
        let inode = world.names[name];
        let inode = &mut world.inodes[inode];
        for bytes in [&mut inode.bytes, &mut inode.durable] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
    }

    /// Segments' names and contents, oldest first.
    pub(super) fn segments(&self) -> Vec<(String, Vec<u8>)> {
        let world = self.world();
        let segments = world.names.iter().filter(|(name, _)| name.ends_with(".seg"));
        segments.map(|(name, inode)| (name.clone(), world.inodes[*inode].bytes.clone())).collect()
    }
}

impl Files for Model {
    type File = usize;

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut world = self.world();
        world.may_fail()?;
        Ok(world.names.iter().map(|(name, inode)| (name.clone(), world.inodes[*inode].bytes.len() as u64)).collect())
    }

    fn open(&self, name: &str, empty: bool) -> io::Result<usize> {
        let mut world = self.world();
        world.may_fail()?;
        let inode = match world.names.get(name) {
            Some(inode) => *inode,
            None if world.is_full => return Err(ErrorKind::StorageFull.into()),
            None => {
                world.inodes.push(Inode::default());
                let inode = world.inodes.len() - 1;
                world.names.insert(name.to_owned(), inode);
                inode
            }
        };
        if empty {
            let inode = &mut world.inodes[inode];
            (inode.bytes, inode.is_length_dirty) = (Vec::new(), true);
        }
        Ok(inode)
    }

    fn write(&self, file: &mut usize, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut guard = self.world();
        let world = &mut *guard;
        let fault = world.fault()?;
        let inode = &mut world.inodes[*file];
        let start = usize::try_from(offset).unwrap();
        let room = if world.is_full { inode.bytes.len().saturating_sub(start) } else { usize::MAX };
        let written = match fault {
            Some(Fault::Fails | Fault::PowerLoss) => world.random.random_range(0..=bytes.len()),
            _ => bytes.len(),
        };
        let written = written.min(room);
        let end = start + written;
        if end > inode.bytes.len() {
            inode.bytes.resize(end, 0);
            inode.is_length_dirty = true;
        }
        inode.bytes[start..end].copy_from_slice(&bytes[..written]);
        inode.dirty.push(start..end);
        match fault {
            Some(Fault::Fails | Fault::PowerLoss) => Err(Error::other("injected")),
            _ if written < bytes.len() => Err(ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn sync(&self, file: &usize) -> io::Result<()> {
        let mut guard = self.world();
        let world = &mut *guard;
        let fault = world.fault()?;
        let inode = &mut world.inodes[*file];
        match fault {
            Some(Fault::PowerLoss) => Err(Error::other("injected")),
            Some(Fault::Fails) => {
                inode.persist(&mut world.random, false);
                inode.clean();
                Err(Error::other("injected"))
            }
            _ => {
                inode.persist(&mut world.random, true);
                inode.clean();
                Ok(())
            }
        }
    }

    fn refresh(&self, name: &str) -> io::Result<()> {
        let mut guard = self.world();
        guard.may_fail()?;
        let world = &mut *guard;
        let inode = &mut world.inodes[*world.names.get(name).ok_or(ErrorKind::NotFound)?];
        inode.persist(&mut world.random, true);
        inode.clean();
        inode.bytes.clone_from(&inode.durable);
        Ok(())
    }

    fn cut(&self, file: &mut usize, length: u64) -> io::Result<()> {
        let mut world = self.world();
        world.may_fail()?;
        let inode = &mut world.inodes[*file];
        inode.bytes.truncate(usize::try_from(length).unwrap());
        inode.is_length_dirty = true;
        Ok(())
    }

    fn read(&self, name: &str, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut world = self.world();
        world.may_fail()?;
        let inode = *world.names.get(name).ok_or(ErrorKind::NotFound)?;
        let bytes = &world.inodes[inode].bytes;
        let start = usize::try_from(offset).unwrap().min(bytes.len());
        let end = start.saturating_add(usize::try_from(length).unwrap()).min(bytes.len());
        Ok(bytes[start..end].to_vec())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut world = self.world();
        world.may_fail()?;
        world.names.remove(name).map(drop).ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut world = self.world();
        world.may_fail()?;
        world.durable_names = world.names.clone();
        Ok(())
    }
}
