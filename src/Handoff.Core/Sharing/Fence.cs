namespace Handoff.Sharing;

/// <summary>Work of a device that ends some time, once.</summary>
/// <remarks>Kernel: <c>struct dma_fence</c>, as far as ordering needs it: a fence is pending, then signalled for ever.</remarks>
public sealed class Fence
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the work has ended.</summary>
    public bool IsSignaled => _done.Task.IsCompleted;

    /// <summary>Says that the work has ended. Again: nothing. Kernel: <c>dma_fence_signal()</c>.</summary>
    public void Signal() => _done.TrySetResult();

    /// <summary>Blocks until the work has ended. Kernel: <c>dma_fence_wait()</c>.</summary>
    public void Wait() => _done.Task.GetAwaiter().GetResult();
}
