//! The fuzzer's bytes as decisions.

/// Takes bytes off the front; zeros follow the end.
pub(super) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    pub(super) fn word(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// As many bytes as a length byte in front says, all that are left if it is 255 or there are no more.
    pub(super) fn slice(&mut self) -> &'a [u8] {
        let length = match self.byte() {
            u8::MAX => self.0.len(),
            length => self.0.len().min(length.into()),
        };
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    /// One of `choices`, which are not empty.
    pub(super) fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }
}
