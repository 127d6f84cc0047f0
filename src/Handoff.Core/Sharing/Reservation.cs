namespace Handoff.Sharing;

/// <summary>The lock of a dma-buf and the fences of the work that uses it.</summary>
/// <remarks>Kernel: <c>struct dma_resv</c>. The lock belongs to a thread; taking it twice is a deadlock there and an exception here.</remarks>
public sealed class Reservation
{
    private readonly Lock _lock = new();
    private readonly List<(Fence Fence, FenceUsage Usage)> _fences = [];

    /// <summary>Whether this thread holds the lock.</summary>
    public bool IsHeld => _lock.IsHeldByCurrentThread;

    /// <summary>Takes the lock. Kernel: <c>dma_resv_lock()</c>.</summary>
    /// <exception cref="InvalidOperationException">This thread holds it already: the kernel would wait for ever.</exception>
    public void Lock()
    {
        if (IsHeld)
            throw new InvalidOperationException("This thread holds the reservation lock already; the kernel would deadlock. Use the call that does not take it.");
        _lock.Enter();
    }

    /// <summary>Gives the lock back. Kernel: <c>dma_resv_unlock()</c>.</summary>
    /// <exception cref="SynchronizationLockException">This thread does not hold it.</exception>
    public void Unlock() => _lock.Exit();

    /// <summary>Adds a fence. Kernel: <c>dma_resv_add_fence()</c>.</summary>
    public void Add(Fence fence, FenceUsage usage)
    {
        lock (_fences)
        {
            _fences.RemoveAll(static f => f.Fence.IsSignaled);
            _fences.Add((fence, usage));
        }
    }

    /// <summary>The pending fences of a class and the stronger ones.</summary>
    public IReadOnlyList<Fence> Pending(FenceUsage usage)
    {
        lock (_fences)
            return [.. _fences.Where(f => f.Usage <= usage && !f.Fence.IsSignaled).Select(static f => f.Fence)];
    }

    /// <summary>Waits for the fences of a class and the stronger ones. Kernel: <c>dma_resv_wait_timeout()</c> without a timeout.</summary>
    public void Wait(FenceUsage usage)
    {
        foreach (Fence fence in Pending(usage))
            fence.Wait();
    }
}
