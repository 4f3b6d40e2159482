//! The compiled model behind a safe function.

pub const FEATURES: usize = 24;

/// tl2cgen's input: a value, or missing where the bits read as -1.
#[derive(Clone, Copy)]
#[repr(C)]
pub union Entry {
    missing: i32,
    value: f32,
}

unsafe extern "C" {
    fn predict(data: *mut Entry, margin_only: i32, result: *mut f32);
}

impl From<Option<f32>> for Entry {
    fn from(value: Option<f32>) -> Self {
        match value {
            Some(value) if !value.is_nan() => Entry { value },
            _ => Entry { missing: -1 },
        }
    }
}

pub fn predict_row(row: &mut [Entry; FEATURES]) -> f32 {
    let mut result = 0.0;
    // SAFETY: tl2cgen's predict reads FEATURES entries and writes one float.
    unsafe { predict(row.as_mut_ptr(), 0, &mut result) };
    result
}
