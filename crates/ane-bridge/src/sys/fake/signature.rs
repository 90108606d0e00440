//! As much of a MIL text as the fake must understand: what goes in and what comes out.

/// A name and its shape N, C, H, W.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) shape: [usize; 4],
}

/// The inputs and outputs of the function in `text`, each in alphabetical order.
pub(super) fn signature(text: &str) -> Option<(Vec<Port>, Vec<Port>)> {
    let function = &text[text.find("func ")?..];
    let open = function.find('(')?;
    let close = open + function[open..].find(')')?;
    let mut inputs = function[open + 1..close]
        .split("tensor<")
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let (kind, name) = part.split_once('>')?;
            port(name.trim_matches([' ', ',', '\n']), kind)
        })
        .collect::<Option<Vec<Port>>>()?;
    let names = function[function.rfind("->")? + 2..].trim_start();
    let names = names.strip_prefix('(')?.split_once(')')?.0;
    let mut outputs = names
        .split(',')
        .map(|name| defined(function, name.trim()))
        .collect::<Option<Vec<Port>>>()?;
    for ports in [&mut inputs, &mut outputs] {
        ports.sort_by(|a, b| a.name.cmp(&b.name));
    }
    Some((inputs, outputs))
}

/// The value that a statement `tensor<..> name = ..` defines.
fn defined(function: &str, name: &str) -> Option<Port> {
    let pattern = format!("> {name} ");
    let end = function
        .match_indices(&pattern)
        .find(|(at, _)| function[at + pattern.len()..].trim_start().starts_with('='))?
        .0;
    let start = function[..end].rfind("tensor<")? + "tensor<".len();
    port(name, &function[start..end])
}

/// `kind` is `fp16, [1, 4, 1, 64]`.
fn port(name: &str, kind: &str) -> Option<Port> {
    let sizes = kind
        .trim()
        .strip_prefix("fp16")?
        .trim_start_matches([',', ' ']);
    let sizes = sizes.strip_prefix('[')?.strip_suffix(']')?;
    let sizes: Vec<usize> = sizes
        .split(',')
        .map(|size| size.trim().parse().ok())
        .collect::<Option<_>>()?;
    Some(Port {
        name: name.to_owned(),
        shape: sizes.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_sides() {
        let text = "program(1.0)\n{ func main<ios16>(tensor<fp16, [1, 2, 3, 4]> b, \
            tensor<fp16,[1,1,1,8]> a) { tensor<fp16, []> k = const(); \
            tensor<fp16, [1, 6, 1, 4]> y = relu(x = a)[name = \"y\"]; } -> (y); }";
        let (inputs, outputs) = signature(text).unwrap();
        let told: Vec<_> = inputs
            .iter()
            .map(|port| (&*port.name, port.shape))
            .collect();
        assert_eq!(told, [("a", [1, 1, 1, 8]), ("b", [1, 2, 3, 4])]);
        assert_eq!((&*outputs[0].name, outputs[0].shape), ("y", [1, 6, 1, 4]));
        for nonsense in ["", "func main(", "func f(tensor<fp32, [1]> x) { } -> (x);"] {
            assert_eq!(signature(nonsense), None, "{nonsense}");
        }
    }
}
