using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Handoff;

/// <summary>Real bytes: a window of physical memory that the process owns. Cache maintenance does nothing here.</summary>
/// <remarks>
/// Untouched pages cost nothing, so a window may be as large as the machine's whole address range. Copies are as safe as the
/// kernel's: concurrent maps may copy disjoint ranges from many threads. Free it with <see cref="Free"/>. Linux and macOS only.
/// </remarks>
public readonly unsafe partial struct RealMemory : IMemory
{
    private readonly byte* _base;
    private readonly ulong _start;
    private readonly ulong _size;
    private readonly Window? _window;

    /// <summary>Shared by all copies of the struct, so that the window is given back once.</summary>
    private sealed class Window
    {
        public int Freed;
    }

    private RealMemory(byte* bytes, ulong start, ulong size)
    {
        _window = new Window();
        _base = bytes;
        _start = start;
        _size = size;
    }

    /// <summary>First physical byte of the window.</summary>
    public PhysicalAddress Start => new(_start);

    /// <summary>Bytes of the window.</summary>
    public ulong Size => _size;

    /// <summary>Reserves zeroed memory for all RAM of a machine.</summary>
    public static RealMemory For(Machine machine) => Reserve(machine.Ram.Start, machine.Ram.End - machine.Ram.Start);

    /// <summary>Reserves a window of zeroed memory; pages appear when they are touched.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No bytes, or a window past the end of the address space.</exception>
    /// <exception cref="InsufficientMemoryException">The process has not that much address space.</exception>
    /// <exception cref="PlatformNotSupportedException">Neither Linux nor macOS.</exception>
    public static RealMemory Reserve(PhysicalAddress start, ulong size)
    {
        const int readWrite = 3, linuxFlags = 0x4022, macFlags = 0x1042; // private, anonymous, nothing set aside
        ArgumentOutOfRangeException.ThrowIfZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size - 1, ulong.MaxValue - start.Value, nameof(size));
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            throw new PlatformNotSupportedException("Real memory is reserved with mmap(), which this system does not have.");
        nint address = MemoryMap(0, checked((nuint)size), readWrite, OperatingSystem.IsLinux() ? linuxFlags : macFlags, -1, 0);
        if (address == -1)
            throw new InsufficientMemoryException($"Cannot reserve {size} bytes.");
        return new RealMemory((byte*)address, start.Value, size);
    }

    /// <summary>Gives the window back. No address of it may be used afterwards.</summary>
    /// <exception cref="InvalidOperationException">It was given back already.</exception>
    public void Free()
    {
        if (_window is null)
            return;
        if (Interlocked.Exchange(ref _window.Freed, 1) != 0)
            throw new InvalidOperationException("The window was freed already.");
        _ = MemoryUnmap((nint)_base, (nuint)_size);
    }

    /// <summary>The bytes at a physical address.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie in the window.</exception>
    public Span<byte> Bytes(PhysicalAddress start, int size) => new(Pointer(start, (uint)size), size);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Copy(PhysicalAddress from, PhysicalAddress to, ulong size) =>
        Buffer.MemoryCopy(Pointer(from, size), Pointer(to, size), size, size);

    /// <inheritdoc/>
    public void Zero(PhysicalAddress start, ulong size) => NativeMemory.Clear(Pointer(start, size), (nuint)size);

    /// <inheritdoc/>
    public void Clean(PhysicalAddress start, ulong size)
    {
    }

    /// <inheritdoc/>
    public void Invalidate(PhysicalAddress start, ulong size)
    {
    }

    /// <summary>Asks the processor to fetch a short buffer that will soon be written. Outside the window: nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Prefetch(PhysicalAddress start, ulong size)
    {
        const ulong most = 512;
        ulong offset = start.Value - _start;
        if (!Sse.IsSupported || size > most || offset > _size - most)
            return;
        byte* at = _base + offset;
        for (ulong line = 0; line < size; line += 64)
            Sse.Prefetch0(at + line);
    }

    /// <summary>Throws if the window has not all of these bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Expect(PhysicalAddress start, ulong size) => _ = Pointer(start, size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Pointer(PhysicalAddress address, ulong size)
    {
        ulong offset = address.Value - _start;
        if (offset > _size || size > _size - offset)
            ThrowOutside(address, size);
        return _base + offset;
    }

    private static void ThrowOutside(PhysicalAddress address, ulong size) =>
        throw new ArgumentOutOfRangeException(nameof(address), $"{size} bytes at {address} lie outside the memory window.");

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint MemoryMap(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MemoryUnmap(nint address, nuint length);
}
