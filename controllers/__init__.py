"""The field side: register map, controller logic, Modbus driver, emulator."""
