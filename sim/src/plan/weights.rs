//! How likely each sort of choice is, when it is on offer at all.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use syncline_traces::Sort;

/// One weight for each sort. A sort of weight zero never happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weights([u32; Sort::ALL.len()]);

impl Weights {
    /// All zero.
    pub const ZERO: Weights = Weights([0; Sort::ALL.len()]);

    /// The weight of a sort.
    #[must_use]
    #[inline]
    pub fn of(&self, sort: Sort) -> u32 {
        self.0[sort as usize]
    }

    /// The same weights with one changed.
    #[must_use]
    pub fn with(mut self, sort: Sort, weight: u32) -> Weights {
        self.0[sort as usize] = weight;
        self
    }

    /// The sum of all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().map(|weight| u64::from(*weight)).sum()
    }
}

impl Default for Weights {
    /// All sorts alike.
    fn default() -> Weights {
        Weights([1; Sort::ALL.len()])
    }
}

/// One by one: an array of numbers would be hashed as its bytes, whose order depends on the machine.
impl Hash for Weights {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for weight in self.0 {
            state.write_u32(weight);
        }
    }
}

impl Serialize for Weights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Sort::ALL.len()))?;
        for sort in Sort::ALL {
            map.serialize_entry(sort.word(), &self.of(sort))?;
        }
        map.end()
    }
}

struct WeightsVisitor;

impl<'de> Visitor<'de> for WeightsVisitor {
    type Value = Weights;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from sorts of choices to weights")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Weights, A::Error> {
        let mut weights = Weights::ZERO;
        while let Some(word) = map.next_key::<String>()? {
            let sort = Sort::ALL.into_iter().find(|sort| sort.word() == word);
            let sort =
                sort.ok_or_else(|| A::Error::custom(format!("no sort of choice '{word}'")))?;
            weights = weights.with(sort, map.next_value()?);
        }
        Ok(weights)
    }
}

impl<'de> Deserialize<'de> for Weights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Weights, D::Error> {
        deserializer.deserialize_map(WeightsVisitor)
    }
}
