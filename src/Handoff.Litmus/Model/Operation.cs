namespace Handoff.Litmus.Model;

/// <summary>One operation of an atomic step, on one cell or one line.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Path">How a read or write reaches memory.</param>
/// <param name="Target">The cell (read, write, copy, release) or the line (maintenance).</param>
/// <param name="Source">Copy: the cell it comes from. Release: the original's cell. Otherwise -1.</param>
/// <param name="Version">Write: the version it makes. Otherwise -1.</param>
/// <param name="Home">
/// Read, and copy into a buffer: the cell whose versions may be found there; any other version is a leak. -1 for no check.
/// </param>
internal readonly record struct Operation(
    OperationKind Kind, AccessPath Path, int Target, int Source = -1, int Version = -1, int Home = -1)
{
    public static Operation Read(AccessPath path, int cell, int home) => new(OperationKind.Read, path, cell, Home: home);

    public static Operation Write(AccessPath path, int cell, int version) => new(OperationKind.Write, path, cell, Version: version);

    public static Operation Copy(int from, int to, int home = -1) => new(OperationKind.Copy, AccessPath.Cached, to, from, Home: home);

    public static Operation Clean(int line) => new(OperationKind.Clean, AccessPath.Cached, line);

    public static Operation Invalidate(int line) => new(OperationKind.Invalidate, AccessPath.Cached, line);

    public static Operation CleanInvalidate(int line) => new(OperationKind.CleanInvalidate, AccessPath.Cached, line);

    public static Operation Release(int slotCell, int original) => new(OperationKind.Release, AccessPath.Cached, slotCell, original);

    public bool IsMaintenance => Kind is OperationKind.Clean or OperationKind.Invalidate or OperationKind.CleanInvalidate;
}
