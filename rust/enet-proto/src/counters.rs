//! Structs of numbers that can also be read by name and by position, so that a new number is one line where it is declared
//! and shows up wherever such structs are listed or copied.

/// Declares a struct of public unsigned integers, with `NAMES`, `values()` and `from_values()`.
#[doc(hidden)]
#[macro_export]
macro_rules! counters {
    ($(#[$struct_meta:meta])* pub struct $name:ident { $($(#[$meta:meta])* pub $field:ident: $type:ty,)+ }) => {
        $(#[$struct_meta])*
        pub struct $name {
            $($(#[$meta])* pub $field: $type,)+
        }

        impl $name {
            /// How many numbers there are.
            pub const COUNT: usize = [$(stringify!($field)),+].len();
            /// The names of the fields, in the order of [`values`](Self::values).
            pub const NAMES: [&'static str; Self::COUNT] = [$(stringify!($field)),+];

            /// Every number, in the order of declaration.
            #[must_use]
            pub fn values(&self) -> [u64; Self::COUNT] {
                [$(u64::from(self.$field)),+]
            }

            /// The opposite of [`values`](Self::values). What a field cannot hold becomes the most that it can.
            #[must_use]
            pub fn from_values(values: [u64; Self::COUNT]) -> Self {
                let [$($field),+] = values;
                Self { $($field: <$type>::try_from($field).unwrap_or(<$type>::MAX)),+ }
            }
        }
    };
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro is for public structs")]
mod tests {
    counters! {
        #[derive(Debug, PartialEq)]
        pub struct Few {
            /// Large.
            pub large: u64,
            /// Small.
            pub small: u32,
        }
    }

    #[test]
    fn numbers_have_names_and_come_back() {
        assert_eq!(Few::NAMES, ["large", "small"]);
        assert_eq!(Few { large: 1 << 40, small: 7 }.values(), [1 << 40, 7]);
        assert_eq!(Few::from_values([3, 1 << 40]), Few { large: 3, small: u32::MAX });
    }
}
