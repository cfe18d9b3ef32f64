export default function echo(request: unknown): unknown {
  return request;
}
