//! A snapshot's file: the entry it stands for, the membership there, and the state.

use std::sync::Arc;

use syncline_raft::{Leave, Membership, NodeId, Snapshot};

use super::bytes::{Reader, put_len, put_u32};
use super::record::{decode_id, encode_id};
use super::{Flaw, VERSION};

const MAGIC: [u8; 8] = *b"SYNCSNAP";

/// The bytes of a snapshot's file and back. The checksum of the file lies in the log, beside its
/// name.
pub(crate) struct SnapshotFile;

impl SnapshotFile {
    /// The file's bytes and their checksum.
    pub(crate) fn encode(snapshot: &Snapshot) -> (Vec<u8>, u32) {
        let mut out = Vec::with_capacity(snapshot.data.len() + 256);
        out.extend_from_slice(&MAGIC);
        put_u32(&mut out, VERSION);
        encode_id(&mut out, snapshot.last);
        let membership = &snapshot.membership;
        for nodes in [
            &membership.voters,
            &membership.outgoing,
            &membership.learners,
            &membership.learners_next,
        ] {
            put_len(&mut out, nodes.len());
            nodes.iter().for_each(|node| out.extend_from_slice(&node.number().to_le_bytes()));
        }
        out.push(match membership.leave {
            Leave::Auto => 0,
            Leave::Explicit => 1,
        });
        out.extend_from_slice(&snapshot.data);
        let checksum = crc32c::crc32c(&out);
        (out, checksum)
    }

    /// The snapshot in a file whose checksum must be this.
    pub(crate) fn decode(bytes: &[u8], checksum: u32) -> Result<Arc<Snapshot>, Flaw> {
        if crc32c::crc32c(bytes) != checksum {
            return Err(Flaw::Checksum);
        }
        let mut reader = Reader(bytes);
        if reader.take(MAGIC.len()) != Some(&MAGIC) {
            return Err(Flaw::Magic);
        }
        decode_fields(&mut reader).map(Arc::new).ok_or(Flaw::Content)
    }
}

fn decode_fields(reader: &mut Reader<'_>) -> Option<Snapshot> {
    if reader.u32()? != VERSION {
        return None;
    }
    let last = decode_id(reader)?;
    let membership = Membership {
        voters: decode_nodes(reader)?,
        outgoing: decode_nodes(reader)?,
        learners: decode_nodes(reader)?,
        learners_next: decode_nodes(reader)?,
        leave: match reader.u8()? {
            0 => Leave::Auto,
            1 => Leave::Explicit,
            _ => return None,
        },
    };
    Some(Snapshot { last, membership, data: reader.0.into() })
}

fn decode_nodes(reader: &mut Reader<'_>) -> Option<Vec<NodeId>> {
    let count = reader.u32()?;
    let mut nodes = Vec::new();
    for _ in 0..count {
        nodes.push(NodeId::new(reader.u64()?)?);
    }
    Some(nodes)
}
