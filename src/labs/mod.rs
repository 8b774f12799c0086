//! The pictures: one folder for each section of the lecture.
