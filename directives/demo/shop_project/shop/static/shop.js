// A like counts before the server has answered. The page that comes with the answer is right in any case.

const toggle = ({ target: form }) => {
  if (!form.matches('.like')) return
  const button = form.querySelector('button')
  const count = form.querySelector('.count')
  const isLiked = button.ariaPressed === 'true'
  button.ariaPressed = !isLiked
  count.textContent = Number(count.textContent) + (isLiked ? -1 : 1)
}

addEventListener('directives:pending', toggle)
addEventListener('directives:error', toggle)
