//! What is computed: a static graph of array operations, its gradients, its causal analysis and its plan.
