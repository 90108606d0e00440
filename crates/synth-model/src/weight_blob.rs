//! The network's weights as a MIL weight blob.

use mil::Weights;

use crate::network::Network;

/// The network's weight file in MIL blob storage, version 2: `w0, b0, w1, b1, ...`, all FP16, as
/// the programs of [`generate_mil`](crate::generate_mil) and [`program`](crate::program()) name
/// them.
pub fn build_weight_blob(network: &Network) -> Vec<u8> {
    weights(network).bytes().to_vec()
}

/// The blob with the tensors' names.
pub(crate) fn weights(network: &Network) -> Weights {
    let mut blob = Weights::builder();
    for (index, layer) in network.layers.iter().enumerate() {
        blob.add_fp16(&format!("w{index}"), &layer.weight);
        blob.add_fp16(&format!("b{index}"), &layer.bias);
    }
    blob.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::ModelShape;

    #[test]
    fn the_classic_blob_has_the_known_offsets_and_length() {
        let network = Network::he_initialised(ModelShape::classic(), 3).unwrap();
        let blob = build_weight_blob(&network);
        assert_eq!(blob.len(), 42_948);
        let names: Vec<_> = weights(&network)
            .names()
            .map(|(name, offset)| (name.to_owned(), offset))
            .collect();
        let want = [
            ("w0", 64),
            ("b0", 640),
            ("w1", 832),
            ("b1", 17_280),
            ("w2", 17_600),
            ("b2", 34_048),
            ("w3", 34_240),
            ("b3", 42_752),
        ];
        assert_eq!(names, want.map(|(name, offset)| (name.to_owned(), offset)));
        let weights = Weights::from_bytes(blob).unwrap();
        for (index, layer) in network.layers.iter().enumerate() {
            let tensor = |i: usize| weights.tensor(want[i].1).unwrap().to_fp16().unwrap();
            assert_eq!(tensor(2 * index), layer.weight);
            assert_eq!(tensor(2 * index + 1), layer.bias);
        }
    }
}
