use std::collections::HashMap;

/// Index, depth and parent's index of every node exactly once, parents before children,
/// siblings in the order given. A parent that does not exist, is the node itself or closes
/// a circle counts as none. Without recursion: depth is what others sent us.
pub fn depth_first(nodes: &[(&str, Option<&str>)]) -> Vec<(usize, usize, Option<usize>)> {
    let by_id: HashMap<&str, usize> = nodes.iter().enumerate().rev().map(|(index, (id, _))| (*id, index)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut roots = Vec::new();
    for (index, (_, parent)) in nodes.iter().enumerate() {
        let parent = parent.and_then(|id| by_id.get(id)).filter(|parent| **parent != index);
        match parent.and_then(|parent| children.get_mut(*parent)) {
            Some(siblings) => siblings.push(index),
            None => roots.push(index),
        }
    }
    let mut visited = vec![false; nodes.len()];
    let mut order = Vec::with_capacity(nodes.len());
    // What only a circle of parents leads to comes last, as if it had none.
    for root in roots.into_iter().chain(0..nodes.len()) {
        let mut stack = vec![(root, 0, None)];
        while let Some((index, depth, parent)) = stack.pop() {
            let Some(seen) = visited.get_mut(index).filter(|seen| !**seen) else { continue };
            *seen = true;
            order.push((index, depth, parent));
            let within = children.get(index).map_or(&[][..], Vec::as_slice);
            stack.extend(within.iter().rev().map(|child| (*child, depth + 1, Some(index))));
        }
    }
    order
}
