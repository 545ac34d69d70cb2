"""The demo: a simulated street with real brokers, real Modbus and the real service, from one command."""
