// One level of the model on a GPU: a bidirectional LSTM and attention over its outputs, for all
// groups at once, forward and backward. The formulas and the order of gates (i, f, g, o) are those of
// src/model/kernel/; src/model/cuda/plan.rs says which kernel runs when, with which grid.
//
// Memory, all f32, row-major. G genes, T steps, I inputs, H hidden units, gd = 2 × group + direction.
// Steps are in the order of processing: the reverse direction starts at the last time.
//   x         [gene, group, time, input]
//   weights   [group, flat], flat = two directions of (weight_ih [4H, I], weight_hh [4H, H], bias_ih
//             [4H], bias_hh [4H]), then the context vector [2H]
//   out       [gene, group, 2H + T]: contexts, then attention over time
//   gates     [gd, step, gene, 4H]: sums (`project`), then gates (`forward_*`), then gradients of the
//             sums (`backward_*`)
//   cells, hidden   [gd, step, gene, H]: after each step
//
// Every sum has a fixed order and nothing is atomic: the same inputs give the same bytes on one GPU.

#include "attention.cuh"
#include "gradient.cuh"
#include "lstm_backward.cuh"
#include "lstm_forward.cuh"
