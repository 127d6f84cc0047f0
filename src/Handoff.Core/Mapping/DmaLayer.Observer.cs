using Handoff.Ownership;

namespace Handoff;

/// <content>Who watches.</content>
public sealed partial class DmaLayer<TMemory>
{
    private IDmaObserver? _observer;

    /// <summary>Told of every streaming call, or <see langword="null"/>. An ownership tracker is one.</summary>
    public IDmaObserver? Observer
    {
        get => _observer;
        set => _observer = value;
    }
}
