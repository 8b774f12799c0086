//! Named arrays in one file, as `numpy.savez` writes them: `numpy.load("x.npz")["z"]`.

use std::io::{Cursor, Error, Result, Write};

use npyz::WriterBuilder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Numbers of one or more axes, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedArray {
    /// What it is called in the file.
    pub name: String,
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// The numbers, as many as the axes multiply to.
    pub values: Vec<f64>,
}

/// The bytes of a file with these arrays, not compressed, each as `<f8`.
///
/// # Errors
/// An array whose values are not as many as its shape says; two of one name.
pub fn npz(arrays: &[NamedArray]) -> Result<Vec<u8>> {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for array in arrays {
        let shape: Vec<u64> = array.shape.iter().map(|&side| side as u64).collect();
        let mut bytes = Vec::new();
        let mut writer = npyz::WriteOptions::<f64>::new().default_dtype().shape(&shape).writer(&mut bytes).begin_nd()?;
        writer.extend(array.values.iter().copied())?;
        writer.finish()?;
        // No time of writing: the same numbers give the same file.
        file.start_file(npyz::npz::file_name_from_array_name(&array.name), SimpleFileOptions::default()).map_err(Error::other)?;
        file.write_all(&bytes)?;
    }
    Ok(file.finish().map_err(Error::other)?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn arrays_come_back_with_names_and_shapes() {
        let arrays = [
            NamedArray { name: "z".into(), shape: vec![3, 2], values: vec![0.5, -1.0, f64::NAN, 3.0, 1e-300, 5.0] },
            NamedArray { name: "log_p_x".into(), shape: vec![3], values: vec![-1.5, -2.5, -3.5] },
        ];
        let bytes = npz(&arrays).unwrap();
        let mut file = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(file.len(), 2);
        for array in &arrays {
            let mut bytes = Vec::new();
            file.by_name(&format!("{}.npy", array.name)).unwrap().read_to_end(&mut bytes).unwrap();
            let read = npyz::NpyFile::new(&bytes[..]).unwrap();
            assert_eq!(read.shape(), array.shape.iter().map(|&side| side as u64).collect::<Vec<_>>());
            let values = read.into_vec::<f64>().unwrap();
            assert!(values.iter().zip(&array.values).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
        let short = NamedArray { name: "a".into(), shape: vec![2, 2], values: vec![1.0] };
        assert!(npz(&[short]).is_err());
        assert!(npz(&[arrays[0].clone(), arrays[0].clone()]).is_err());
    }
}
