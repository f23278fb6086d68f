//! The whole stack on one machine: servers, Lambda runtime and gateway.
