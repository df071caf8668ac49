def simulated(minutes): return {}
