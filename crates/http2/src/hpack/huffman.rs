//! The code of RFC 7541, appendix B, four bits at a time.

use std::sync::LazyLock;

/// How many bits each of the 256 bytes has, and the end of the text. The code is canonical: shorter codes come first, and
/// of the same length the smaller byte; so the lengths say everything.
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, //
    28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, //
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, //
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, //
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, //
    7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, //
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, //
    23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, //
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, //
    21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, //
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const END: u16 = 256;

/// One step: from a state, by four bits, to a state. No symbol is shorter than five bits, so a step writes at most one.
#[derive(Clone, Copy, Default)]
struct Step {
    next: u16,
    /// What is written, if anything is.
    symbol: u8,
    writes: bool,
    /// The bits led to the end of the text, which must not be written.
    is_end: bool,
}

struct Machine {
    steps: Vec<[Step; 16]>,
    /// Whether a text may stop here: behind at most seven bits of ones.
    may_stop: Vec<bool>,
}

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::build);

/// Appends the text that `input` stands for. False when it is none.
#[must_use]
pub(crate) fn decode(input: &[u8], output: &mut Vec<u8>) -> bool {
    let machine = &*MACHINE;
    // Room for one symbol each step: it is written in any case, and the next one over it if it was none.
    let mut at = output.len();
    output.resize(at + 2 * input.len() + 1, 0);
    let (mut state, mut is_end) = (0u16, false);
    for byte in input {
        for bits in [byte >> 4, byte & 0xf] {
            let step = machine.steps[usize::from(state)][usize::from(bits)];
            output[at] = step.symbol;
            at += usize::from(step.writes);
            is_end |= step.is_end;
            state = step.next;
        }
    }
    output.truncate(at);
    !is_end && machine.may_stop[usize::from(state)]
}

/// A node of the tree of codes.
#[derive(Clone, Copy, Default)]
struct Node {
    children: [Option<u16>; 2],
    symbol: Option<u16>,
}

impl Machine {
    fn build() -> Self {
        let tree = tree();
        let steps = (0..tree.len()).map(|from| std::array::from_fn(|bits| step(&tree, from, bits))).collect();
        let mut may_stop = vec![false; tree.len()];
        // Padding is the beginning of the code of the end, which is all ones.
        let mut node = 0;
        for _ in 0..8 {
            may_stop[node] = true;
            let Some(child) = tree[node].children[1] else { break };
            node = usize::from(child);
        }
        Self { steps, may_stop }
    }
}

fn step(tree: &[Node], from: usize, bits: usize) -> Step {
    let mut step = Step::default();
    let mut node = from;
    for place in (0..4).rev() {
        // Only a leaf has no children, and from a leaf the walk begins again at the root.
        let Some(child) = tree[node].children[bits >> place & 1] else { return Step { is_end: true, ..step } };
        node = usize::from(child);
        match tree[node].symbol {
            Some(END) => return Step { is_end: true, ..step },
            Some(symbol) => {
                (step.symbol, step.writes) = (u8::try_from(symbol).unwrap_or_default(), true);
                node = 0;
            }
            None => {}
        }
    }
    Step { next: node as u16, ..step }
}

fn tree() -> Vec<Node> {
    let mut order: Vec<u16> = (0..=END).collect();
    order.sort_by_key(|symbol| (LENGTHS[usize::from(*symbol)], *symbol));
    let mut tree = vec![Node::default()];
    let (mut code, mut length) = (0u32, 0u8);
    for symbol in order {
        let own = LENGTHS[usize::from(symbol)];
        code <<= own - length;
        length = own;
        let mut node = 0;
        for place in (0..length).rev() {
            let side = (code >> place & 1) as usize;
            node = match tree[node].children[side] {
                Some(child) => usize::from(child),
                None => {
                    tree.push(Node::default());
                    let child = tree.len() - 1;
                    tree[node].children[side] = Some(child as u16);
                    child
                }
            };
        }
        tree[node].symbol = Some(symbol);
        code += 1;
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(hex: &str) -> Option<String> {
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect();
        let mut text = Vec::new();
        decode(&bytes, &mut text).then(|| String::from_utf8(text).expect("text"))
    }

    // RFC 7541, appendix C.4 and C.6.
    #[test]
    fn the_examples_of_the_specification_are_read() {
        assert_eq!(decoded("f1e3c2e5f23a6ba0ab90f4ff").as_deref(), Some("www.example.com"));
        assert_eq!(decoded("a8eb10649cbf").as_deref(), Some("no-cache"));
        assert_eq!(decoded("25a849e95ba97d7f").as_deref(), Some("custom-key"));
        assert_eq!(
            decoded("d07abe941054d444a8200595040b8166e082a62d1bff").as_deref(),
            Some("Mon, 21 Oct 2013 20:13:21 GMT")
        );
    }

    #[test]
    fn padding_is_at_most_seven_ones() {
        // "a" is 00011.
        assert_eq!(decoded("1f").as_deref(), Some("a"));
        assert_eq!(decoded("1fff"), None, "eleven bits");
        assert_eq!(decoded("18"), None, "zeroes");
        assert_eq!(decoded("ffffffff"), None, "the end itself");
    }
}
