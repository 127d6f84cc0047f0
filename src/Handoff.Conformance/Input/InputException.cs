namespace Handoff.Conformance.Input;

/// <summary>An input that cannot be used; its message is the diagnostic that the user sees.</summary>
internal sealed class InputException(string message, Exception? inner = null) : Exception(message, inner);
