//! The stack machine: one method an operation, or a few.

use std::collections::HashMap;

use super::super::budget::Budget;
use super::{Global, Id, Node, Pickle, PickleError, Result, printable};

/// Reads the pickle at the start of `bytes`, as long as there is something left for its operations.
pub fn load(bytes: &[u8], budget: &Budget) -> Result<Pickle> {
    let mut reader = PickleReader {
        bytes,
        at: 0,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        copied: 0,
    };
    loop {
        budget.take_operation().ok_or(PickleError::TooLarge)?;
        if let Some(root) = reader.step()? {
            return Ok(Pickle { nodes: reader.nodes, root, length: reader.at });
        }
    }
}

struct PickleReader<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<usize, Id>,
    /// Entries of dicts that were made from lists: a recalled list could otherwise be copied without end.
    copied: usize,
}

impl PickleReader<'_> {
    /// One operation; the root at the end.
    fn step(&mut self) -> Result<Option<Id>> {
        match self.take(1)?[0] {
            b'.' => return self.pop().map(Some),
            0x80 => _ = self.take(1)?, // PROTO
            0x95 => _ = self.take(8)?, // FRAME
            b'N' => self.push(Node::Other),
            b')' => self.push(Node::Tuple(Vec::new())),
            b']' => self.push(Node::List(Vec::new())),
            b'}' => self.push(Node::Dict(Vec::new())),
            0x88 => self.push(Node::Bool(true)),
            0x89 => self.push(Node::Bool(false)),
            b'J' => {
                let value = i32::from_le_bytes(self.array()?);
                self.push(Node::Int(value.into()));
            }
            b'K' => {
                let [value] = self.array()?;
                self.push(Node::Int(value.into()));
            }
            b'M' => {
                let value = u16::from_le_bytes(self.array()?);
                self.push(Node::Int(value.into()));
            }
            0x8a => {
                // LONG1: little-endian two's complement
                let length = self.length(1)?;
                let bytes = self.take(length)?;
                let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
                let mut wide = [if negative { 0xff } else { 0 }; 8];
                let fits = length <= 8;
                wide.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                self.push(if fits { Node::Int(i64::from_le_bytes(wide)) } else { Node::Other });
            }
            b'G' => {
                self.take(8)?;
                self.push(Node::Other);
            }
            b'U' | 0x8c => self.text(1)?, // SHORT_BINSTRING, SHORT_BINUNICODE
            b'T' | b'X' => self.text(4)?, // BINSTRING, BINUNICODE
            0x8d => self.text(8)?,        // BINUNICODE8
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Node::Global(Global::find(&module, &name)?));
            }
            // STACK_GLOBAL
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Node::Text(module), Node::Text(name)) = (&self.nodes[module], &self.nodes[name]) else {
                    return Err(PickleError::Malformed("a global without a name"));
                };
                let global = Global::find(module, name)?;
                self.push(Node::Global(global));
            }
            // INST asks for a global and calls it at once
            b'i' => {
                let (module, name) = (self.line()?, self.line()?);
                return Err(PickleError::Global(printable(&format!("{module}.{name}"))));
            }
            b'q' => {
                let slot = self.length(1)?;
                self.memoise(slot)?;
            }
            b'r' => {
                let slot = self.length(4)?;
                self.memoise(slot)?;
            }
            0x94 => self.memoise(self.memo.len())?,
            b'h' => {
                let slot = self.length(1)?;
                self.recall(slot)?;
            }
            b'j' => {
                let slot = self.length(4)?;
                self.recall(slot)?;
            }
            b'(' => self.marks.push(self.stack.len()),
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Node::Tuple(items));
            }
            operation @ 0x85..=0x87 => {
                let from = self.stack.len().checked_sub(usize::from(operation - 0x84));
                let items = self.stack.split_off(from.ok_or(PickleError::Malformed("a tuple of too few values"))?);
                self.push(Node::Tuple(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.append(items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])?;
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set(&items)?;
            }
            b'Q' => self.persistent()?,
            b'R' | 0x81 => self.reduce()?, // REDUCE, NEWOBJ
            // BUILD sets attributes; a state dict carries version numbers in one
            b'b' => {
                self.pop()?;
                if !matches!(self.stack.last().map(|&id| &self.nodes[id]), Some(Node::Dict(_))) {
                    return Err(PickleError::Malformed("attributes of something that is not a dict"));
                }
            }
            operation => return Err(PickleError::Operation(operation)),
        }
        Ok(None)
    }

    fn take(&mut self, length: usize) -> Result<&[u8]> {
        let end = self.at.checked_add(length).filter(|&end| end <= self.bytes.len()).ok_or(PickleError::Truncated)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| PickleError::Truncated)
    }

    /// An unsigned number of `width` bytes.
    fn length(&mut self, width: usize) -> Result<usize> {
        let value = self.take(width)?.iter().rev().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
        usize::try_from(value).map_err(|_| PickleError::Truncated)
    }

    fn text(&mut self, width: usize) -> Result<()> {
        let length = self.length(width)?;
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.push(Node::Text(text));
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n').ok_or(PickleError::Truncated)?;
        self.at += length + 1;
        Ok(String::from_utf8_lossy(&rest[..length]).into_owned())
    }

    fn push(&mut self, node: Node) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    fn pop(&mut self) -> Result<Id> {
        if self.marks.last().is_some_and(|&mark| mark >= self.stack.len()) {
            return Err(PickleError::Malformed("a mark where a value is needed"));
        }
        self.stack.pop().ok_or(PickleError::Malformed("a value is missing"))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or(PickleError::Malformed("a mark is missing"))?))
    }

    fn memoise(&mut self, slot: usize) -> Result<()> {
        let id = *self.stack.last().ok_or(PickleError::Malformed("a value is missing"))?;
        self.memo.insert(slot, id);
        Ok(())
    }

    fn recall(&mut self, slot: usize) -> Result<()> {
        let id = *self.memo.get(&slot).ok_or(PickleError::Malformed("a value is recalled before it is there"))?;
        self.stack.push(id);
        Ok(())
    }

    fn append(&mut self, items: Vec<Id>) -> Result<()> {
        match self.stack.last().map(|&id| &mut self.nodes[id]) {
            Some(Node::List(list)) => list.extend(items),
            _ => return Err(PickleError::Malformed("an append to something that is not a list")),
        }
        Ok(())
    }

    fn set(&mut self, items: &[Id]) -> Result<()> {
        match self.stack.last().map(|&id| &mut self.nodes[id]) {
            Some(Node::Dict(dict)) if items.len().is_multiple_of(2) => {
                dict.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            }
            _ => return Err(PickleError::Malformed("an entry for something that is not a dict")),
        }
        Ok(())
    }

    /// `("storage", torch.FloatStorage, key, device, length)`: a storage outside the pickle.
    fn persistent(&mut self) -> Result<()> {
        let id = self.pop()?;
        let malformed = PickleError::Malformed("not the description of a storage");
        let Node::Tuple(items) = &self.nodes[id] else { return Err(malformed) };
        let node = |at: usize| items.get(at).map(|&item| &self.nodes[item]);
        let key = items.get(2).copied().unwrap_or(id);
        if node(5).is_some_and(|view| *view != Node::Other) {
            return Err(PickleError::Malformed(
                "a storage that is a view of another one; save the weights with a newer PyTorch",
            ));
        }
        match (node(0), node(1), node(2), node(4)) {
            (
                Some(Node::Text(kind)),
                Some(&Node::Global(Global::Storage(element))),
                Some(Node::Text(_)),
                Some(&Node::Int(length)),
            ) if kind == "storage" && length >= 0 => {
                let storage = Node::Storage { element, key, length: length.unsigned_abs() };
                self.push(storage);
                Ok(())
            }
            _ => Err(malformed),
        }
    }

    /// Calls one of the closed list.
    fn reduce(&mut self) -> Result<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let malformed = Err(PickleError::Malformed("a call with the wrong arguments"));
        let (Node::Global(global), Node::Tuple(arguments)) = (&self.nodes[callable], &self.nodes[arguments]) else {
            return malformed;
        };
        match (global, arguments.as_slice()) {
            (Global::OrderedDict, []) => self.push(Node::Dict(Vec::new())),
            (Global::OrderedDict, &[pairs]) => {
                let Node::List(pairs) = &self.nodes[pairs] else { return malformed };
                let pairs = pairs.iter().map(|&pair| match &self.nodes[pair] {
                    Node::List(pair) | Node::Tuple(pair) if pair.len() == 2 => Some((pair[0], pair[1])),
                    _ => None,
                });
                let Some(pairs) = pairs.collect::<Option<Vec<_>>>() else { return malformed };
                self.copied += pairs.len();
                if self.copied > self.bytes.len() {
                    return Err(PickleError::Malformed("more entries than the file can hold"));
                }
                self.push(Node::Dict(pairs));
            }
            (Global::RebuildTensor, &[storage, offset, shape, strides, ..]) => {
                self.push(Node::Tensor([storage, offset, shape, strides]));
            }
            (Global::RebuildParameter, &[tensor, ..]) => self.stack.push(tensor),
            _ => return malformed,
        }
        Ok(())
    }
}
