using System.Runtime.InteropServices;

namespace Handoff.Tracing.Capture;

/// <summary>A file of the kernel that gives what there is and never waits.</summary>
internal sealed partial class KernelFile : IDisposable
{
    private const int ReadOnly = 0, NonBlocking = 0x800, CloseOnExec = 0x80000; // O_RDONLY, O_NONBLOCK, O_CLOEXEC: the same numbers on every architecture .NET runs on
    private const int Interrupted = 4, TryAgain = 11, Overwritten = 32; // EINTR, EAGAIN, EPIPE

    private readonly int _descriptor;

    internal KernelFile(string path)
    {
        _descriptor = Open(path, ReadOnly | NonBlocking | CloseOnExec);
        if (_descriptor < 0)
            throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>Reads.</summary>
    /// <returns>Bytes read; 0 if there is nothing now, or nothing any more.</returns>
    internal int Read(Span<byte> to)
    {
        while (true)
        {
            nint got = Read(_descriptor, to, to.Length);
            if (got >= 0)
                return (int)got;
            int error = Marshal.GetLastPInvokeError();
            if (error == TryAgain)
                return 0;
            if (error is not (Interrupted or Overwritten)) // messages that were overwritten are skipped by the next read
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    public void Dispose() => _ = Close(_descriptor);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, Span<byte> bytes, nint count);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
